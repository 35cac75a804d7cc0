using System.Text.Json.Serialization;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Admission;

/// <summary>What keeps a waiting ticket from starting now.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<AdmissionReason>))]
public enum AdmissionReason
{
    /// <summary>All places of the stage are taken.</summary>
    Cap,

    /// <summary>The last start is too recent.</summary>
    Stagger,

    /// <summary>The token bucket is empty.</summary>
    Rate,

    /// <summary>The tenant already runs as many steps in this stage as it may.</summary>
    TenantCap,
}

/// <summary>Why a ticket waits, and how long it may still take.</summary>
/// <param name="Reason">What keeps it from starting now.</param>
/// <param name="Sentence">The same for people.</param>
/// <param name="Position">
/// From 1, in the order of admission if nobody comes or leaves. Tickets of tenants at their own cap stand behind all others, since
/// they are passed over until that tenant releases a place.
/// </param>
/// <param name="Running">Steps that run in the stage.</param>
/// <param name="Cap">Steps that may run in the stage at once.</param>
/// <param name="EstimatedStart">
/// Exact if only time is waited for. If places must come free first, an estimate from the mean time that they are held; null while
/// none has been seen.
/// </param>
public sealed record AdmissionWait(
    AdmissionReason Reason,
    string Sentence,
    int Position,
    int Running,
    int Cap,
    DateTimeOffset? EstimatedStart);

/// <summary>What one tenant has in a stage at one instant.</summary>
/// <param name="Running">Its steps that run.</param>
/// <param name="Waiting">Its steps that wait, all for the same reason.</param>
/// <param name="Reason">What they wait for, if any does.</param>
public sealed record TenantStageStatistics(string Stage, int Running, int Waiting, AdmissionReason Reason);

/// <summary>One stage at one instant.</summary>
/// <param name="Stage">Its name.</param>
/// <param name="Running">Steps that run.</param>
/// <param name="Waiting">Steps that wait: the sum of the four counts by reason.</param>
/// <param name="AdmittedTotal">Starts since the stage was made.</param>
/// <param name="AdmittedAfterWaitTotal">Those of them that had to wait.</param>
/// <param name="WaitingForCap">Waiting steps by reason: all places are taken.</param>
/// <param name="WaitingForStagger">The last start is too recent.</param>
/// <param name="WaitingForRate">The token bucket is empty.</param>
/// <param name="WaitingForTenantCap">Their tenant is at its own cap.</param>
public sealed record StageStatistics(
    string Stage,
    int Running,
    int Waiting,
    long AdmittedTotal,
    long AdmittedAfterWaitTotal,
    int WaitingForCap,
    int WaitingForStagger,
    int WaitingForRate,
    int WaitingForTenantCap);
