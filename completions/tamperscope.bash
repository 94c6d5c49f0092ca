# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for tamperscope(1)

_tamperscope() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]} words

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		COMPREPLY=($(compgen -W 'analyze live interfaces fields check explain suggest stats case verify compare attach redact --help --version' -- "$cur"))
		return
	fi
	case $prev in
	--format)
		COMPREPLY=($(compgen -W 'text json ndjson html' -- "$cur"))
		return
		;;
	--view)
		COMPREPLY=($(compgen -W 'server client' -- "$cur"))
		return
		;;
	--only)
		COMPREPLY=($(compgen -W 'rst-injection fin-injection syn-ack-injection data-injection
			block-page drop freeze throttle dns-injection dns-tampering tls-interception
			tls-alert-injection icmp-rejection protocol-stripping' -- "$cur"))
		return
		;;
	--evidence | --measurement | --mmdb | --metrics)
		compopt -o default
		return
		;;
	--meta)
		COMPREPLY=($(compgen -W 'who= where= network= device= interface= clock-offset=' -- "$cur"))
		compopt -o nospace
		return
		;;
	--fingerprints | --captures)
		compopt -o dirnames -o default
		return
		;;
	--min-confidence)
		COMPREPLY=($(compgen -W '0.3 0.6 0.9' -- "$cur"))
		return
		;;
	--target | -f | --filter | --note | --clock-offset | --keep-name | --hide-server)
		return
		;;
	esac
	case $command in
	analyze)
		words='--format --flows -o --output -f --filter --fingerprints --min-confidence --only
			--target --evidence --redact --key --keep-name --hide-server --exit-code --hash
			--weighing -q --quiet -v --verbose'
		;;
	live)
		words='--fingerprints --min-confidence --only --target -o --output -f --filter --format
			--report --evidence-dir --max-disk --write --rotate-size --rotate-time --ring --duration --count
			--buffer --snaplen --promiscuous --workers --user --stats-interval --mmdb --metrics --view -q --quiet'
		;;
	suggest)
		words='-f --filter --fingerprints -q --quiet'
		;;
	stats)
		words='--format -o --output -f --filter -q --quiet --view --mmdb'
		;;
	case)
		words='-o --output -f --filter --fingerprints --min-confidence --note --meta --sign
			--redact --key --keep-name -q --quiet'
		;;
	attach)
		words='--measurement --inline --raw --clock-offset -o --output --fingerprints -q --quiet'
		;;
	verify)
		words='--originals --key --fingerprints --public --tsa -q --quiet'
		;;
	compare)
		words='--client --server --format -o --output --exit-code -q --quiet -v --verbose'
		;;
	redact)
		words='--key --log --keep-name --hide-server --fingerprints -q --quiet'
		;;
	explain)
		words=--fingerprints
		;;
	check)
		words=--captures
		;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$words -h --help -V --version" -- "$cur"))
		return
	fi
	case $command in
	live)
		COMPREPLY=($(compgen -W "any $(ls /sys/class/net 2>/dev/null)" -- "$cur"))
		;;
	explain)
		COMPREPLY=($(compgen -W 'rst-injection fin-injection syn-ack-injection data-injection
			block-page drop freeze throttle dns-injection dns-tampering tls-interception
			tls-alert-injection icmp-rejection protocol-stripping' -- "$cur"))
		;;
	check | verify)
		compopt -o dirnames -o default
		;;
	analyze | suggest | stats | case | attach | compare | redact)
		compopt -o default
		;;
	esac
}

complete -F _tamperscope tamperscope
