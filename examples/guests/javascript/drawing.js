// The guest of the example of typed bindings, in JavaScript. componentize-js makes a component of it.
import { write } from "example:drawing/log@1.0.0";

class Line {
  #length = 0;
  #end;

  constructor(start) {
    this.#end = start;
  }

  extend(to) {
    write("longer");
    this.#length += Math.abs(to.x - this.#end.x) + Math.abs(to.y - this.#end.y);
    this.#end = to;
    return this.#length;
  }

  end() {
    return this.#end;
  }
}

function fail(problem) {
  write("no area");
  // What a function throws becomes the error of its result.
  throw problem;
}

export const shapes = {
  Line,
  area(shape) {
    switch (shape.tag) {
      case "circle":
        return shape.val > 1000 ? fail("too-large") : 3 * shape.val ** 2;
      case "rectangle":
        return shape.val.x * shape.val.y;
      default:
        return fail("empty");
    }
  },
};
