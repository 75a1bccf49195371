# Made by Trimaran 0.1.0, of the world `example:drawing/drawing@1.0.0` in examples/wit/drawing.wit. A change here is lost when it is made again:
#     python -m trimaran bindgen examples/wit/drawing.wit -o examples/python/drawing

"""The interfaces that the world exports."""
