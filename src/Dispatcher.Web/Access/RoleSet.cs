using System.Collections.Frozen;

namespace Dispatcher.Web.Access;

/// <summary>Roles with all that they include; one shared set for each combination, so that callers cost no sets of their own.</summary>
internal static class RoleSet
{
    private static readonly FrozenSet<Role>[] Sets = [.. Enumerable.Range(0, 1 << Enum.GetValues<Role>().Length).Select(mask => Enum.GetValues<Role>().Where(role => Includes(mask, role)).ToFrozenSet())];

    public static IReadOnlySet<Role> All => Sets[^1];

    /// <summary>All that a key may have, for people.</summary>
    public const string Names = "viewer, submitter, operator, admin, worker, monitor or cluster-admin";

    /// <summary>The given roles and those that they include.</summary>
    public static IReadOnlySet<Role> Of(params IEnumerable<Role> roles)
    {
        var mask = 0;
        foreach (var role in roles) mask |= Included(role);
        return Sets[mask];
    }

    /// <summary>True for roles that are of the machine and not of a tenant.</summary>
    public static bool IsOfTheMachine(this Role role) => role is Role.Monitor or Role.ClusterAdmin;

    /// <summary>Lower case, as keys and tokens name it.</summary>
    public static string ToText(this Role role) => role switch
    {
        Role.Viewer => "viewer",
        Role.Submitter => "submitter",
        Role.Operator => "operator",
        Role.Admin => "admin",
        Role.Monitor => "monitor",
        Role.ClusterAdmin => "cluster-admin",
        _ => "worker",
    };

    public static bool TryParse(string text, out Role role)
    {
        foreach (var candidate in Enum.GetValues<Role>())
        {
            if (candidate.ToText() != text) continue;
            role = candidate;
            return true;
        }

        role = default;
        return false;
    }

    private static int Included(Role role) => role switch
    {
        Role.Viewer => Mask(Role.Viewer),
        Role.Submitter => Mask(Role.Submitter) | Included(Role.Viewer),
        Role.Operator => Mask(Role.Operator) | Mask(Role.Worker) | Included(Role.Submitter),
        Role.Admin => Mask(Role.Admin) | Included(Role.Operator),
        Role.ClusterAdmin => Mask(Role.ClusterAdmin) | Mask(Role.Monitor),
        _ => Mask(role),
    };

    private static int Mask(Role role) => 1 << (int)role;

    private static bool Includes(int mask, Role role) => (mask & Mask(role)) != 0;
}
