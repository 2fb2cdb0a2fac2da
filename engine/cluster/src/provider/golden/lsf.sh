#!/bin/sh
#BSUB -J gristmill
#BSUB -n 4
#BSUB -R "span[hosts=1]"
#BSUB -M 10000MB
#BSUB -q long
#BSUB -P weather
#BSUB -W 01:30
#BSUB -o worker.log
module load gcc
exec '/opt/grist mill/gristmill' worker mill.example:7070 --threads 4 --limit-memory 8000000000B --patience 30s --token /home/ann/worker.token
