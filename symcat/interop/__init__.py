"""Rules from and for other libraries, and the targets that name them."""
