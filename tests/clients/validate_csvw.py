"""Validates the CSVW metadata in the given file, and every CSV that it names, as the recommendation says."""

import json
import sys

from csvw import CSVW

checked = CSVW(sys.argv[1], validate=True, strict=False)  # strict: no empty cell in a foreign key
found = {
    "is_valid": checked.is_valid,
    "warnings": [str(warning.message) for warning in checked.warnings],
    "tables": {
        table.local_name: {
            "rows": sum(1 for _ in table),
            "key": table.tableSchema.primaryKey or [],
            "refers_to": sorted(key.reference.resource.string for key in table.tableSchema.foreignKeys),
        }
        for table in checked.tablegroup.tables
    },
    "licence": checked.common_props["dc:license"],
}
print(json.dumps(found))
