"use strict";
// Lights up all that leads to a node of the picture, and all that the node leads to.
for (const picture of document.querySelectorAll("svg.picture")) {
  const links = [...picture.querySelectorAll("path[data-cause]")];
  const follow = (start, from, to) => {
    const met = new Set([start]);
    for (const node of met) {
      for (const link of links) {
        if (link.dataset[from] === node) { met.add(link.dataset[to]); link.classList.add("on"); }
      }
    }
    return met;
  };
  const end = () => {
    picture.classList.remove("lit");
    for (const part of picture.querySelectorAll(".on")) part.classList.remove("on");
  };
  const light = (node) => {
    end();
    picture.classList.add("lit");
    for (const id of [...follow(node.id, "cause", "effect"), ...follow(node.id, "effect", "cause")]) {
      document.getElementById(id).classList.add("on");
    }
  };
  picture.addEventListener("click", (event) => {
    const node = event.target.closest(".node");
    if (node) light(node); else end();
  });
  picture.addEventListener("keydown", (event) => {
    const node = event.target.closest(".node");
    if (node && event.key === "Enter") light(node);
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") end(); });
}
