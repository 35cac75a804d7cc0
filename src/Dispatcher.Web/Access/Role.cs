namespace Dispatcher.Web.Access;

/// <summary>What a caller may do. Each of the first four includes those before it; <see cref="Worker"/> stands beside them and is included from operator on.</summary>
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
}
