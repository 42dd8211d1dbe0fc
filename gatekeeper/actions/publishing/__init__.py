"""What those do who bring reports and statements out."""
