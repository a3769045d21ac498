using BareBert.Cli;

return CommandLine.Run(args);
