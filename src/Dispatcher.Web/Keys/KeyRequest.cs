namespace Dispatcher.Web.Keys;

/// <summary>A key to be made.</summary>
internal sealed record CreateKeyRequest
{
    /// <summary>What people call it; at most 100 characters.</summary>
    public string? Name { get; init; }

    /// <summary>Whose key it is; the caller's own tenant if absent. Others only for the operator of the machine.</summary>
    public string? Tenant { get; init; }

    /// <summary>viewer, submitter, operator, admin or worker; at least one. The operator of the machine may also give monitor, alone.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>When it is worth nothing any more; never if absent.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>A key to be replaced.</summary>
internal sealed record RotateKeyRequest
{
    /// <summary>How long the old key stays good; 0 ends it at once. The setting dispatcher.web.key-rotation-grace if absent.</summary>
    public int? GraceSeconds { get; init; }
}
