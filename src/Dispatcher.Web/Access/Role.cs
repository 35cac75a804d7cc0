namespace Dispatcher.Web.Access;

/// <summary>
/// What a caller may do. Each of the first four includes those before it; <see cref="Worker"/> stands beside them and is included from operator on. All are
/// of a tenant but <see cref="Monitor"/> and <see cref="ClusterAdmin"/>, which nobody has who does not work for the machine's own operator.
/// </summary>
public enum Role
{
    /// <summary>Reads jobs, workflows, artifacts, statistics and the live feed.</summary>
    Viewer,

    /// <summary>Creates jobs, registers workflows, cancels.</summary>
    Submitter,

    /// <summary>Gives every command to every job of the tenant, works in bulk, sees and replays callbacks.</summary>
    Operator,

    /// <summary>Makes and revokes keys and secrets.</summary>
    Admin,

    /// <summary>Leases steps of the handler <c>worker</c>, and nothing else.</summary>
    Worker,

    /// <summary>Reads the metrics of the machine, which count the work of all tenants, and who is in the cluster, and nothing else. Only the operator of the machine gives it.</summary>
    Monitor,

    /// <summary>Gives orders to nodes and shards, and reads actors and the log; includes <see cref="Monitor"/>. Only the operator of the machine gives it.</summary>
    ClusterAdmin,
}
