case $- in *i*) ;; *) return ;; esac
export EDITOR=vim HISTSIZE=20000
eval "$(direnv hook bash)"
eval "$(starship init bash)"
command -v zoxide >/dev/null && eval "$(zoxide init bash)"
alias ll='ls -lh' gs='git status -sb'
