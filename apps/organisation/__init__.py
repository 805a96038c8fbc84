"""Who the group is: companies, regions, stores, departments, people, roles."""
