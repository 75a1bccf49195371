// The rest of this module is made of the component beside this file, when it is built.
