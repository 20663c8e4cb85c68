// Tabs: real buttons; arrow keys, Home and End move between them; the address remembers the one that is open.

const tabs = [...document.querySelectorAll("[role=tab]")];
const panel = (tab) => document.getElementById(tab.getAttribute("aria-controls"));

export function startTabs(opened) {
  const open = (tab, focus = false) => {
    for (const other of tabs) {
      other.setAttribute("aria-selected", other === tab);
      other.tabIndex = other === tab ? 0 : -1;
      panel(other).hidden = other !== tab;
    }
    if (focus) tab.focus();
    history.replaceState(null, "", `#${panel(tab).id}`);
    opened(panel(tab).id);
  };
  tabs.forEach((tab, place) => {
    tab.addEventListener("click", () => open(tab));
    tab.addEventListener("keydown", (event) => {
      const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      open(tabs.at(to % tabs.length), true);
    });
  });
  const named = () => tabs.find((tab) => `#${panel(tab).id}` === location.hash);
  addEventListener("hashchange", () => open(named() ?? tabs[0]));
  open(named() ?? tabs[0]);
}
