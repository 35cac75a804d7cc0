using System.Diagnostics.CodeAnalysis;

namespace Dispatcher.Steps.Workers;

/// <summary>The queues of a node, by tenant and name. A queue is made when it is first named and stays until its tenant's bound wants its place.</summary>
internal sealed class QueueBook
{
    /// <summary>Queues of one tenant. Names come from workflows and workers, and a runaway source of names must not eat memory.</summary>
    public const int QueueLimit = 1_000;

    private readonly Dictionary<string, Dictionary<string, WorkQueue>> _tenants = new(StringComparer.Ordinal);

    public IEnumerable<WorkQueue> All => _tenants.Values.SelectMany(queues => queues.Values);

    public IEnumerable<WorkQueue> Of(string tenant) => _tenants.TryGetValue(tenant, out var queues) ? queues.Values : [];

    /// <summary>False when the tenant has as many queues as it may have, and every one of them is in use.</summary>
    public bool TryGet(string tenant, string name, [NotNullWhen(true)] out WorkQueue? queue)
    {
        if (!_tenants.TryGetValue(tenant, out var queues)) _tenants[tenant] = queues = new Dictionary<string, WorkQueue>(StringComparer.Ordinal);
        if (queues.TryGetValue(name, out queue)) return true;
        if (queues.Count >= QueueLimit && !ForgetOne(queues)) return false;
        queues[name] = queue = new WorkQueue(tenant, name);
        return true;
    }

    private static bool ForgetOne(Dictionary<string, WorkQueue> queues) =>
        queues.Values.Where(queue => queue.IsIdle).MinBy(queue => queue.UsedAt) is { } oldest && queues.Remove(oldest.Name);
}
