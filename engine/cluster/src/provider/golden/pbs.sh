#!/bin/sh
#PBS -N gristmill
#PBS -l select=1:ncpus=4:mem=10000mb
#PBS -q long
#PBS -A weather
#PBS -l walltime=01:30:00
#PBS -o worker.log
module load gcc
exec '/opt/grist mill/gristmill' worker mill.example:7070 --threads 4 --limit-memory 8000000000B --patience 30s --token /home/ann/worker.token
