#!/bin/sh
#$ -N gristmill
#$ -S /bin/sh
#$ -pe smp 4
#$ -l h_vmem=2500M
#$ -q long
#$ -P weather
#$ -l h_rt=01:30:00
#$ -o worker.log
module load gcc
exec '/opt/grist mill/gristmill' worker mill.example:7070 --threads 4 --limit-memory 8000000000B --patience 30s --token /home/ann/worker.token
