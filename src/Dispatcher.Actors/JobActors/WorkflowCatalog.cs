using System.Collections.Concurrent;
using Dispatcher.Store;
using Dispatcher.Workflows;

namespace Dispatcher.JobActors;

/// <summary>
/// The definitions that jobs of this node pin, by hash: read once, shared by all jobs. A definition never changes, so nothing here grows stale.
/// </summary>
public sealed class WorkflowCatalog(IJobStore store, TimeProvider time)
{
    /// <summary>Definitions kept; beyond it all are dropped and read again when needed.</summary>
    private const int LimitDefinitions = 10_000;

    private readonly ConcurrentDictionary<string, WorkflowDefinition> _byHash = new(StringComparer.Ordinal);

    /// <summary>Stores the definition in a tenant's registry, so that jobs can pin it.</summary>
    public async ValueTask<WorkflowRegistration> Register(WorkflowDefinition definition, string tenant = "default")
    {
        var stored = new StoredWorkflow(definition.Hash, definition.Name, definition.Version, definition.CanonicalJson);
        var registration = await store.RegisterWorkflow(tenant, stored, time.GetUtcNow());
        if (registration != WorkflowRegistration.Different) Keep(definition);
        return registration;
    }

    /// <summary>The definition with this hash; null if the store does not have it.</summary>
    public async ValueTask<WorkflowDefinition?> Find(string hash)
    {
        if (_byHash.TryGetValue(hash, out var known)) return known;
        if (await store.FindWorkflow(hash) is not { } stored) return null;
        var definition = WorkflowDefinition.Parse(stored.Definition, $"{stored.Name} version {stored.Version}");
        Keep(definition);
        return definition;
    }

    private void Keep(WorkflowDefinition definition)
    {
        if (_byHash.Count >= LimitDefinitions) _byHash.Clear();
        _byHash.TryAdd(definition.Hash, definition);
    }
}
