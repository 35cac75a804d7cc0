using Dispatcher.Host.Commands;
using Dispatcher.Host.Configuration;
using Dispatcher.Steps;
using Dispatcher.Steps.Handlers;
using Dispatcher.Steps.Handlers.Http;
using Dispatcher.Steps.Handlers.Media;
using Dispatcher.Steps.Processes;
using Dispatcher.Steps.Providers;
using Dispatcher.Steps.Providers.Http;
using Dispatcher.Steps.Workers;

namespace Dispatcher.Host.Composition;

/// <summary>The built-in step handlers, as the settings allow them.</summary>
internal sealed class HandlerSet : IDisposable
{
    private readonly HttpRequestHandler _http;
    private readonly HttpPredictionProvider? _provider;

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
        _provider = settings.Provider.Url.Length > 0 ? settings.Provider.Connect(settings.FilesDirectory, time) : null;
        try
        {
            Registry = new HandlerRegistry(
                [
                    new NoopHandler(), new DelayHandler(), new FailHandler(), new ApprovalHandler(), new WorkflowRunHandler(), new ProcessRunHandler(runner), _http, new WorkerHandler(), .. MediaHandlers.All(runner),
                    .. _provider is null ? (IReadOnlyList<IStepHandler>)[] : [new ProviderStepHandler("provider.prediction", _provider, settings.Provider.Options, Signals)],
                ],
                settings.Capabilities);
        }
        catch (CapabilityException fault)
        {
            _http.Dispose();
            _provider?.Dispose();
            throw new CommandException(ExitCode.Usage, $"dispatcher.capabilities: {fault.Message}");
        }
    }

    public HandlerRegistry Registry { get; }

    /// <summary>The bells that webhooks of providers ring.</summary>
    public ProviderSignals Signals { get; } = new();

    public void Dispose()
    {
        _http.Dispose();
        _provider?.Dispose();
    }
}
