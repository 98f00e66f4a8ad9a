using Atp.Cli;

return await AtpCommand.RunAsync(args, Terminal.OfProcess(), CancellationToken.None);
