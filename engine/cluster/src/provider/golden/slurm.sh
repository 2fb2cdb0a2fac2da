#!/bin/sh
#SBATCH --job-name=gristmill-worker
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --mem=10000M
#SBATCH --partition=long
#SBATCH --account=weather
#SBATCH --time=01:30:00
#SBATCH -o worker.log
module load gcc
exec '/opt/grist mill/gristmill' worker mill.example:7070 --threads 4 --limit-memory 8000000000B --patience 30s --token /home/ann/worker.token
