"""From the text of a program to machine code, without an interpreter of Python in between.

The language of generated programs is small: loops over ranges, conditions on integers, numbers, tiles, and calls of primitives.  `program`
writes it as LLVM code, with the primitives of `tiles`; `code` makes machine code of that, keeps it as an object file, and calls it.
"""
