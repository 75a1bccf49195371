from trimaran.component import *
