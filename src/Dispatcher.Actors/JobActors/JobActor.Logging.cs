using Dispatcher.Kernel;
using Microsoft.Extensions.Logging;

namespace Dispatcher.JobActors;

/// <summary>Every line about a job carries its id, its tenant and its correlation id.</summary>
internal sealed partial class JobActor
{
    private ILogger? _log;

    /// <summary>For the supervisor's lines too.</summary>
    protected internal override ILogger Logger => _log ?? MakeLogger();

    /// <summary>Kept once it is known whose job it is; before that, a line says what is known.</summary>
    private ILogger MakeLogger()
    {
        if (_address is null && _state is { SequenceNr: > 0 } state) _address = AddressOf(state.Spec);
        var logger = new JobLogger(services.Logger, new JobLogScope(id, _address?.Tenant, _address?.CorrelationId));
        return _address is null ? logger : _log = logger;
    }
}
