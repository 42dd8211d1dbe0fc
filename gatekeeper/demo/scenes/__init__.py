"""What happens in the demo before anybody opens it, one module for each thing it shows."""
