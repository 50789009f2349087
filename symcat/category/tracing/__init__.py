"""How a Python function over arrays is read as a morphism: values, the operations on them, and the arrays that users see."""
