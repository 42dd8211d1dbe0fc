"""The pages of those who bring reports and statements out."""
