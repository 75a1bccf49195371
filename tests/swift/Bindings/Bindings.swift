// The rest of this module is made of the components beside this file, when it is built.
