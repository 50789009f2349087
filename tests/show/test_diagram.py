"""The picture of a composite lens."""

from symcat.show.diagram import Box, Ends, chain, learner


def test_forward_wires_run_above_backward_wires():
    picture = chain([Box("f"), Box("long name")], [Ends("x", "x'"), Ends("y: Real[3]", "y'"), Ends("", "")])
    assert picture.splitlines() == [
        "       ┌───┐               ┌───────────┐",
        "─ x ──►│   │─ y: Real[3] ─►│           │",
        "       │ f │               │ long name │",
        "◄─ x' ─│   │◄─ y' ─────────│           │",
        "       └───┘               └───────────┘",
    ]


def test_the_optimiser_stands_on_the_model_and_the_target_enters_the_loss():
    lines = learner("mlp", "quadratic", "constant 1", "adam", ("x: Real[B, 4]", "y: Real[B, 3]", "loss: Real[]"), "target").splitlines()
    text = "\n".join(lines)
    assert lines[0].strip() == "│   ▲" and "S * P │   │ S * P" in lines[1]
    assert text.index("adam") < text.index("P │   │ P'") < text.index("mlp") and "target │   │ target'" in text
    forward = next(line for line in lines if "x: Real[B, 4]" in line)
    back = next(line for line in lines if "x'" in line)
    assert forward.count("─►│") == 3 and back.count("│◄─") == 2 and back.startswith("◄─ x'")
    assert lines.index(forward) < lines.index(back)


def test_a_box_wider_than_the_one_below_it_is_drawn_whole():
    tower = Box("f", Ends("P", "P'"), Box("an optimiser of a long name", Ends("S", "S")))
    lines = chain([tower], [Ends("", ""), Ends("", "")]).splitlines()
    frames = [line.strip() for line in lines if "┌" in line or "└" in line]
    assert len(frames[0]) == len(frames[1]) == len("│ an optimiser of a long name │") and len(frames[2]) == len(frames[3]) == 11
