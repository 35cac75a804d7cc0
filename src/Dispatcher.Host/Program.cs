using Dispatcher.Host.Commands;
using Dispatcher.Host.Composition;

using var signals = StopSignals.Listen();
return await CommandLine.Run(args, HostEdges.OfProcess(signals));
