"""The chapters of the story: one function each, in the order in which `deploy.demo.story` plays them."""
