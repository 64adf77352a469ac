"""The public site's tests share the folders, the index and the picture server of content's."""

from tests.content.conftest import _own_folders as _own_folders
from tests.content.conftest import _own_index as _own_index
from tests.content.conftest import picture_shop as picture_shop
