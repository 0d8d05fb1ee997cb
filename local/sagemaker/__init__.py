"""SageMaker on one machine: jobs and endpoints as child processes; knows no emulator."""
