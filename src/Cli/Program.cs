using BareBert.Cli;

Console.InputEncoding = Texts.Strict; // else what is no UTF-8 would be replaced in silence
return CommandLine.Run(args);
