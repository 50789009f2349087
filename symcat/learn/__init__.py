"""What learning is made of: layers, losses, rates, optimisers, and the learner composed of them."""
