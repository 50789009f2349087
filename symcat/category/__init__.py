"""What a morphism is: spaces, comprehensions, morphisms, their structure, and how Python functions are read as such."""
