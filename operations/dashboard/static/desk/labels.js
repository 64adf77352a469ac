'use strict';
// The boxes that stand for a choice out of many say the field's name to who listens: the box itself has none.
{
    const label = () => {
        for (const choice of document.querySelectorAll('select.admin-autocomplete[id]')) {
            const name = document.querySelector(`label[for="${choice.id}"]`);
            const parts = choice.nextElementSibling?.querySelectorAll('[role=combobox], [role=textbox]') ?? [];
            for (const part of name === null ? [] : parts) {
                part.setAttribute('aria-label', name.textContent.replace(/:\s*$/, '').trim());
            }
        }
    };
    // The boxes are made by a handler of jQuery's, which was there before this one.
    window.django?.jQuery?.(label);
}
