using Dispatcher.Host.Commands;
using Dispatcher.Host.Configuration;
using Dispatcher.Steps.Handlers;
using Dispatcher.Steps.Handlers.Http;
using Dispatcher.Steps.Handlers.Media;
using Dispatcher.Steps.Processes;
using Dispatcher.Steps.Workers;

namespace Dispatcher.Host.Composition;

/// <summary>The built-in step handlers, as the settings allow them.</summary>
internal sealed class HandlerSet : IDisposable
{
    private readonly HttpRequestHandler _http;

    public HandlerSet(DispatcherSettings settings, TimeProvider time)
    {
        var runner = new ProcessRunner(
            new ProcessOptions
            {
                AllowedCommands = [.. settings.Process.AllowedCommands],
                OutputLimitBytes = (int)settings.Process.OutputLimitBytes,
                KillGrace = settings.Process.KillGrace,
            },
            time);
        _http = new HttpRequestHandler(
            new HttpOptions
            {
                AllowedHosts = [.. settings.Http.AllowedHosts],
                AllowPrivateAddresses = settings.Http.AllowPrivateAddresses,
                ResponseLimitBytes = (int)settings.Http.ResponseLimitBytes,
                MaxRedirects = settings.Http.MaxRedirects,
            },
            time);
        try
        {
            Registry = new HandlerRegistry(
                [new NoopHandler(), new DelayHandler(), new FailHandler(), new ApprovalHandler(), new WorkflowRunHandler(), new ProcessRunHandler(runner), _http, new WorkerHandler(), .. MediaHandlers.All(runner)],
                settings.Capabilities);
        }
        catch (CapabilityException fault)
        {
            _http.Dispose();
            throw new CommandException(ExitCode.Usage, $"dispatcher.capabilities: {fault.Message}");
        }
    }

    public HandlerRegistry Registry { get; }

    public void Dispose() => _http.Dispose();
}
