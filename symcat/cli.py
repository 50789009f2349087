"""The command line.  Everything heavy is imported inside the commands, so that help answers at once.

Exit codes: 0 as expected; 1 an unexpected verdict; 2 a usage or input error; 3 unknown.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from symcat import __version__
from symcat.errors import SymcatError

OUT = "symcat-out"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = parser().parse_args(argv)
    try:
        return import_module(f"symcat.commands.{arguments.command}").run(arguments)
    except SymcatError as error:
        print(f"symcat {arguments.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"symcat {arguments.command}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    root = argparse.ArgumentParser(prog="symcat", description="Write a learning step once, prove its laws, train with the proved kernel.",
                                   allow_abbrev=False)
    root.add_argument("--version", action="version", version=f"symcat {__version__}")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (_learn, _prove, _check, _matrix, _diff, _verify, _export, _bench, _doctor):
        add(commands)
    return root


def _command(commands: argparse._SubParsersAction, name: str, words: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=words, description=words[0].upper() + words[1:] + ".", allow_abbrev=False)
    command.add_argument("--json", metavar="FILE", help="write the result as JSON; - for standard output, which then carries nothing else")
    return command


def _learn(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, "learn", "prove a learner's obligations, compile its step, train and test it")
    add = command.add_argument
    add("dataset", help="iris, digits, a .csv file (with --target) or a .npz file with X and y")
    add("--target", metavar="COLUMN", help="the column of a .csv file that is to be learnt")
    add("--model", default="hidden",
        help="linear, dense, hidden, conv, lenet, attention, widths such as 64-128-10, or file.py:name (default: hidden)")
    add("--activation", help="sigmoid, tanh, relu or softplus between layers")
    add("--loss", help="cross_entropy, quadratic, binary_cross_entropy (default: cross_entropy for classes, quadratic for numbers)")
    add("--rate", default="constant", help="constant or loss_scaled (default: constant)")
    add("--optimiser", default="adam", help="adam, gradient_descent, adam(lr=0.01), file.py:name, ... (default: adam)")
    add("--epochs", type=_positive, help="passes over the training data")
    add("--batch", type=_positive, help="rows of a step")
    add("--seed", type=_natural, default=0, help="of the split, the initial parameters and the shuffling (default: 0)")
    add("--dtype", choices=("float64", "float32"), default="float64", help="of the kernel (default: float64)")
    add("--threads", type=_positive, metavar="N", help="threads of a step, at most (default: all where the work is worth them)")
    add("--explain", action="store_true", help="show what the kernel is made of, and how fast each part runs")
    add("--checkpoint", metavar="FILE", help="written after every tenth epoch and after the last one")
    add("--resume", action="store_true", help="go on from the checkpoint, where there is one, to the number of epochs")
    add("--out", default=OUT, metavar="DIR", help=f"where kernel source and certificates are written (default: {OUT})")
    add("--timeout", type=_seconds, default=60.0, metavar="S", help="seconds for one obligation (default: 60)")
    add("--unproved", action="store_true", help="train even when obligations are not proved; the kernel is stamped UNPROVED")


def _prove(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, "prove", "decide the claims of proof modules and print the ledger")
    add = command.add_argument
    add("paths", nargs="*", metavar="PATH", help="proof modules or folders of them (default: proofs/)")
    add("-k", dest="keyword", metavar="WORD", help="only claims whose name contains the word")
    add("-j", "--jobs", type=_positive, help="worker processes (default: one for each core)")
    add("--timeout", type=_seconds, default=60.0, metavar="S", help="seconds for one claim (default: 60)")
    add("--cluster", metavar="ADDRESS", help="decide on the workers of a Dask scheduler, as in tcp://host:8786 (extra: cluster)")
    add("-v", "--verbose", action="store_true", help="list every claim, not the topics alone")
    add("--fresh", action="store_true", help="decide everything again, without the cache of verdicts")
    add("--coq", metavar="DIR", help="write what is proved as Coq files to a folder; coqc checks them where it is installed")
    add("--ledger", action="store_true", help="decide nothing: read the ledger of the campaigns before")
    rows = command.add_argument_group("which claims of the ledger are listed").add_argument
    rows("--verdict", choices=("proved", "refuted", "unknown"))
    rows("--method", metavar="WORD", help="decided by a method with this word in its name, as in 'sums of squares'")
    rows("--topic", metavar="WORD", help="of modules with this word in their name")
    rows("--law", metavar="NAME", help="of this law, as in RD.5")
    rows("--trusted", action="store_true", help="proofs that rest on a word, Z3's or the engine's")
    rows("--unexpected", action="store_true", help="not as expected, unknown ones too")
    rows("--slower", type=_seconds, metavar="S", help="that took at least so many seconds")
    rows("--slowest", type=_positive, nargs="?", const=10, metavar="N", help="the slowest, 10 of them if no number is given")


def _check(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, "check", "print the law card of an optimiser")
    add = command.add_argument
    add("target", help="adam, 'adam(eps=0)', file.py:name or package.module:name")
    add("--laws", metavar="NAME,...", help="only these laws, or kinds of findings")
    add("--format", choices=("text", "markdown", "latex", "json"), default="text", help="of what is printed (default: text)")
    add("--timeout", type=_seconds, default=60.0, metavar="S", help="seconds for one claim (default: 60)")


def _matrix(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, "matrix", "write the laws of every rule that can be read as a page")
    add = command.add_argument
    add("--only", choices=("ours", "optax", "torch"), action="append", help="only the rules of one home; may be given again")
    add("--out", default=OUT, metavar="DIR", help=f"where matrix.html and matrix.md are written (default: {OUT})")
    add("--rows", metavar="FILE", help="rows are added to this file as they are decided; those that stand in it are not decided again")
    add("--timeout", type=_seconds, default=20.0, metavar="S", help="seconds for one claim (default: 20)")


def _diff(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, "diff", "decide whether two update rules are the same optimiser")
    add = command.add_argument
    add("a", help="adam, 'adam(eps=0)', file.py:name, package.module:name, optax:adam, torch:Adam")
    add("b", help="another such target")
    add("--translate", action="store_true", help="find the hyperparameters of B with which it reproduces A")
    add("--given", metavar="PREMISES", help="premises to start from, as in 'eps=0, b1=b2, constant lr'")
    add("--timeout", type=_seconds, default=60.0, metavar="S", help="seconds for the comparison (default: 60)")


def _verify(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, "verify", "check a certificate, or a kernel with its certificates, again")
    command.add_argument("file", nargs="+", help="certificates (.json), folders of them, kernels (.py) with theirs beside them")


def _export(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, "export", "write a rule as code that is proved to be the rule")
    add = command.add_argument
    add("target", help="adam, 'adam(eps=0)', file.py:name, package.module:name, optax:adam, torch:Adam")
    add("--to", required=True, choices=("numpy", "jax", "numba", "optax", "torch"), help="the library that the code is for")
    add("--out", metavar="FILE", help="where the module is written (default: standard output)")
    add("--unproved", action="store_true", help="write it even when it is not proved to be the rule; its header then says so")


def _doctor(commands: argparse._SubParsersAction) -> None:
    _command(commands, "doctor", "list what is installed, what is missing and what it would give")


def _bench(commands: argparse._SubParsersAction) -> None:
    command = _command(commands, "bench", "measure what is claimed about speed and reach, on this machine")
    add = command.add_argument
    add("suite", nargs="?", choices=("kernels", "prover", "zoo", "export", "elementary"),
        help="compiled training beside JAX and PyTorch, the provers, the bug zoo of optimisers, exported code, or element functions "
             "(default: kernels)")
    add("--only", metavar="PART", help="one part of a suite: iris, lenet, adam-1e6, ... of kernels; scalar, sizes or campaign of the "
                                       "provers; exp, log, ... of elementary")
    add("--curves", metavar="DIR", help="instead of rows of kernels, draw what a step costs against width, depth, batch and parameters")
    add("--rounds", type=_positive, default=20, help="rounds in which the contenders of a row take turns (default: 20)")
    add("--page", metavar="FILE", help="write the page about element functions (docs/elementary.md)")
    add("--count", type=_positive, default=600, help="goals over scalars, a third of them held out (default: 600)")
    add("--peers", type=_natural, metavar="N", help="so many of the goals held out are given to SymPy too (default: all)")
    add("--seed", type=_natural, default=1, help="of the goals (default: 1)")
    add("--pairs", type=_positive, default=10_000, help="random pairs of programs of symbolic size (default: 10000)")


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive whole number")
    return value


def _natural(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**32:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 0 to 2^32 - 1")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not a time in seconds")
    return value


if __name__ == "__main__":
    sys.exit(main())
