from trimaran import *
