'use strict';
// How far a job is, brought up to date in its place every two seconds; once it has ended, the page is read anew.
{
    const PAUSE_MS = 2000;
    const look = async () => {
        const answer = await fetch(window.location.href).catch(() => null);
        if (answer !== null && answer.ok) {
            const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
            const found = page.querySelector('[data-busy]');
            if (found === null) {
                window.location.reload();
                return;
            }
            document.querySelector('[data-busy]').replaceWith(found);
        }
        window.setTimeout(look, PAUSE_MS);
    };
    window.setTimeout(look, PAUSE_MS);
}
