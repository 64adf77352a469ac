'use strict';
// On a narrow screen the sidebar starts closed; from then on it stays as its reader leaves it.
{
    const key = 'django.admin.navSidebarIsOpen';
    if (window.matchMedia('(max-width: 1024px)').matches && localStorage.getItem(key) === null) {
        localStorage.setItem(key, 'false');
    }
}
