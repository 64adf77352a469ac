'use strict';
// The sidebar's sections: that of the page is open, what a reader opened stays open, and a search for a page looks into all.
{
    const KEY = 'desk.openSections';
    const filter = document.getElementById('nav-filter');
    const sections = document.querySelectorAll('#nav-sidebar details.nav-section');
    const read = () => {
        try {
            return new Set(JSON.parse(localStorage.getItem(KEY) || '[]'));
        } catch {
            return new Set();
        }
    };
    const show = () => {
        const wanted = filter.value.toLowerCase();
        const opened = read();
        for (const section of sections) {
            const links = [...section.querySelectorAll('th a')];
            const isFound = links.some((link) => link.textContent.toLowerCase().includes(wanted));
            section.hidden = !isFound;
            section.open = wanted ? isFound : 'current' in section.dataset || opened.has(section.dataset.name);
        }
    };
    for (const section of sections) {
        section.querySelector('summary').addEventListener('click', () => {
            const opened = read();
            opened[section.open ? 'delete' : 'add'](section.dataset.name);
            localStorage.setItem(KEY, JSON.stringify([...opened]));
        });
    }
    if (filter !== null) {
        // After Escape the filter is emptied by a listener of the admin's own, which comes later.
        ['input', 'change', 'keyup'].forEach((kind) => filter.addEventListener(kind, () => window.setTimeout(show)));
        window.addEventListener('load', show);
    }
}
