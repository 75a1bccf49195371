/** A program that uses the package, and sees only what its module exports. */
module consumer {
    requires dev.trimaran;
}
