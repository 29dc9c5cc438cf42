env | sort | grep -Ev '^(.*(TOKEN|SECRET|PASSWORD|KEY).*)=' | cut -c1-120
