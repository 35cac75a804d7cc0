using System.Collections.Concurrent;
using Dispatcher.Web.Hosting;
using Microsoft.Extensions.Options;

namespace Dispatcher.Web.Limits;

/// <summary>A gate for each tenant that has called. At most <see cref="GateLimit"/> are kept; beyond it those of tenants with nothing under way are forgotten.</summary>
internal sealed class TenantGates(IOptions<DispatcherOptions> options) : IDisposable
{
    private const int GateLimit = 10_000;

    private readonly TenantLimitOptions _limits = options.Value.Web.TenantLimits;
    private readonly ConcurrentDictionary<string, TenantGate> _gates = new(StringComparer.Ordinal);

    public TenantLimitOptions Limits => _limits;

    public TenantGate Of(string tenant)
    {
        if (_gates.TryGetValue(tenant, out var gate)) return gate;
        if (_gates.Count >= GateLimit) ForgetIdle();
        return _gates.GetOrAdd(tenant, static (_, limits) => new TenantGate(limits), _limits);
    }

    public void Dispose()
    {
        foreach (var gate in _gates.Values) gate.Dispose();
    }

    private void ForgetIdle()
    {
        foreach (var pair in _gates)
        {
            if (pair.Value.IsIdle) _gates.TryRemove(pair);
        }
    }
}
