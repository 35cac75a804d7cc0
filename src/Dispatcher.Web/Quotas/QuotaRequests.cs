using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;

namespace Dispatcher.Web.Quotas;

/// <summary>An account's plan.</summary>
internal sealed record SetQuotaRequest
{
    /// <summary>The plan's name; 1 to 100 characters.</summary>
    public required string Plan { get; init; }

    /// <summary>Units; not less than what is used and reserved now.</summary>
    public required long Limit { get; init; }

    /// <summary>How to get more, an address or a sentence that stands in each refusal; at most 500 characters.</summary>
    public string? Upgrade { get; init; }

    /// <summary>
    /// The period's name, such as 2026-12; 1 to 100 characters. One that is not the account's begins a new period: used and overage are 0 from now on, and what is
    /// reserved stays. The same again changes nothing; absent leaves it as it is.
    /// </summary>
    public string? Period { get; init; }

    /// <summary>Whose account; the caller's own tenant if absent. Others only for the operator of the machine.</summary>
    public string? Tenant { get; init; }
}

/// <summary>A question whether so much could be reserved.</summary>
internal sealed record CheckQuotaRequest
{
    /// <summary>Units; rounded up to whole ones.</summary>
    public required decimal Amount { get; init; }
}

/// <summary>Units to be kept.</summary>
internal sealed record ReserveQuotaRequest
{
    /// <summary>Units; rounded up to whole ones.</summary>
    public required decimal Amount { get; init; }

    /// <summary>1 to 200 characters, unique in the account, not beginning with <c>job:</c>: the same again is answered the same while it is held. One is made if absent.</summary>
    public string? ReservationId { get; init; }

    /// <summary>After which time the units are free again, such as 30m or 2h; 1h if absent.</summary>
    public string? Hold { get; init; }
}

/// <summary>What was used.</summary>
internal sealed record CommitQuotaRequest
{
    public required string ReservationId { get; init; }

    /// <summary>Units, less or more than was reserved; rounded up to whole ones.</summary>
    public required decimal Amount { get; init; }
}

/// <summary>A reservation to be given back.</summary>
internal sealed record RollbackQuotaRequest
{
    public required string ReservationId { get; init; }
}

/// <summary>Which page of a list.</summary>
internal sealed record QuotaPageRequest
{
    [FromQuery(Name = "cursor")]
    [Description("What the page before gave as `next`.")]
    public string? Cursor { get; init; }

    [FromQuery(Name = "limit")]
    [Description("1..200; 50 if absent.")]
    public int? Limit { get; init; }
}
