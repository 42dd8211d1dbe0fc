"""Being written."""

from flask import Blueprint

bp = Blueprint("investors", __name__)
