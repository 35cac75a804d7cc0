using System.Collections.Concurrent;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Workflows;

namespace Dispatcher.JobActors;

/// <summary>
/// The definitions that jobs of this node pin, by hash, and the tenants' registries by name: read once, shared by all jobs. A definition and a version
/// never change; which version is the newest does, through <see cref="Register"/> here or on another node (<see cref="ForgetNames"/>).
/// </summary>
public sealed class WorkflowCatalog(IJobStore store, TimeProvider time)
{
    /// <summary>Definitions kept, and as many names; beyond it all are dropped and read again when needed.</summary>
    private const int LimitDefinitions = 10_000;

    /// <summary>Names that a search for a similar one looks at.</summary>
    private const int SuggestionLimit = 1000;

    private readonly ConcurrentDictionary<string, WorkflowDefinition> _byHash = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Tenant, string Name, int? Version), WorkflowReference> _byName = new();
    private long _registrations;

    /// <summary>Stores the definition in a tenant's registry, so that jobs can pin it.</summary>
    public async ValueTask<WorkflowRegistration> Register(WorkflowDefinition definition, string tenant = "default")
    {
        var registration = await store.RegisterWorkflow(tenant, StoredOf(definition), time.GetUtcNow());
        Interlocked.Increment(ref _registrations);
        _byName.TryRemove((tenant, definition.Name, null), out _);
        if (registration != WorkflowRegistration.Different) Keep(definition);
        return registration;
    }

    /// <summary>Another node may have registered a version: names are looked up anew.</summary>
    public void ForgetNames()
    {
        Interlocked.Increment(ref _registrations);
        _byName.Clear();
    }

    /// <summary>Stores a definition for jobs that bring their own: by its hash alone, in nobody's registry.</summary>
    public async ValueTask Pin(WorkflowDefinition definition)
    {
        if (_byHash.ContainsKey(definition.Hash)) return;
        await store.KeepWorkflow(StoredOf(definition));
        Keep(definition);
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

    /// <summary>What a job pins that runs this version of a tenant's workflow, or its newest one if none is named; null if there is none.</summary>
    public async ValueTask<WorkflowReference?> FindReference(string tenant, string name, int? version)
    {
        if (_byName.TryGetValue((tenant, name, version), out var known)) return known;
        var before = Interlocked.Read(ref _registrations);
        if (await store.FindRegistered(tenant, name, version) is not { } registered) return null;
        var reference = new WorkflowReference(registered.Name, registered.Version, registered.Hash);
        if (_byName.Count >= LimitDefinitions) _byName.Clear();
        _byName[(tenant, name, version)] = reference;
        // A registration meanwhile may have made a newer version: then what was read may be old already.
        if (Interlocked.Read(ref _registrations) != before) _byName.TryRemove((tenant, name, version), out _);
        return reference;
    }

    /// <summary>" (did you mean 'x'?)" for the tenant's workflow whose name is nearest, or nothing.</summary>
    public async ValueTask<string> Suggest(string tenant, string name)
    {
        var registered = await store.ListRegistered(tenant, null, null, SuggestionLimit);
        return Suggestion.For(name, registered.Select(workflow => workflow.Name).Distinct(StringComparer.Ordinal));
    }

    private static StoredWorkflow StoredOf(WorkflowDefinition definition) => new(definition.Hash, definition.Name, definition.Version, definition.CanonicalJson);

    private void Keep(WorkflowDefinition definition)
    {
        if (_byHash.Count >= LimitDefinitions) _byHash.Clear();
        _byHash.TryAdd(definition.Hash, definition);
    }
}
