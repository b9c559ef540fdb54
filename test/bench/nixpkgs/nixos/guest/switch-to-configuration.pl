#!@userland@/usr/bin/perl
# Brings the running container from /run/current-system to this toplevel:
# which units to stop, restart, reload and start follows from their unit files.
# What it says and how it exits follows NixOS' program of this name:
#   0 done   2 done, but the activation script failed   3 done, but systemd was not reloaded
#   4 done, but some unit failed   11 another one is running
#   100 the other system's init needs a boot   1 refused, wrong use
# Of 2, 3 and 4 the one that came last.
use strict;
use warnings;
use Fcntl qw(:flock);

$| = 1;
$ENV{PATH} = "/run/current-system/sw/bin:/usr/sbin:/usr/bin:/sbin:/bin";
my $action = shift // "";
die "Usage: switch-to-configuration [switch|boot|test|dry-activate]\n"
  unless $action =~ /^(switch|boot|test|dry-activate)$/;
my $dry = $action eq "dry-activate";

my $new = readlink_f($0);
$new =~ s{/bin/[^/]*$}{};
my $old = readlink_f("/run/current-system");
my $play = slurp("$new/stand-in-switch") // "";
chomp $play;
my $acts = $action eq "switch" || $action eq "test";

sub readlink_f { my $path = `readlink -f "$_[0]"`; chomp $path; return $path }
sub slurp { open(my $f, "<", $_[0]) or return undef; local $/; return <$f> }
sub say_err { print STDERR "@_\n" }
sub systemctl { return system("systemctl", @_) == 0 }
sub refuse { my ($code, $message) = @_; say_err($message); exit $code }

# --- may it run at all?
unless ($dry) {
  mkdir "/run/nixos";
  open(my $lock, ">>", "/run/nixos/switch-to-configuration.lock") or refuse(1, "Could not open lock - $!");
  refuse(11, "Could not acquire lock")
    if !flock($lock, LOCK_EX | LOCK_NB) || ($acts && $play eq "locked");
  our $held = $lock;
}
if ($acts && $play eq "inhibited" && ($ENV{NIXOS_NO_CHECK} // "") ne "1") {
  say_err("There are changes to critical components of the system:\n\nstand-in : old -> new\n");
  say_err("Switching into this system is not recommended.");
  say_err("Pre-switch check 'switchInhibitors' failed");
  refuse(1, "Pre-switch checks failed");
}
# The profile is the boot selector: for `boot` there is nothing left to do.
exit 0 if $action eq "boot";
if ((slurp("$new/init-interface-version") // "") ne (slurp("$old/init-interface-version") // "")) {
  refuse(100, "Warning: the other system's init does not fit the running one; it takes effect at the next boot");
}
sleep 3600 while $acts && $play eq "hang";

# --- unit files: name => text, drop-ins included; "" for a masked one
sub unit_files {
  my $dir = "$_[0]/etc/systemd/system";
  my %units;
  opendir(my $d, $dir) or return {};
  for my $entry (sort readdir $d) {
    next unless $entry =~ /\.(service|socket|timer|target|path|slice|mount)(\.d)?$/;
    my $path = "$dir/$entry";
    if ($2) {
      (my $unit = $entry) =~ s/\.d$//;
      $units{$unit} = ($units{$unit} // "") . (slurp($_) // "") for sort glob("$path/*.conf");
    } elsif (-l $path && readlink($path) eq "/dev/null") {
      $units{$entry} = "";
    } else {
      $units{$entry} = (slurp($path) // "") . ($units{$entry} // "");
    }
  }
  return \%units;
}

# What a person reads in a unit is no reason to restart it.
sub essence { return join "", grep { !/^(Description|Documentation|X-Reload-Triggers)=/ } split /^/, $_[0] }
sub flag { my ($text, $key, $default) = @_; return $text =~ /^\Q$key\E=(\S*)/m ? $1 =~ /^(1|true|yes|on)$/ : $default }

# Every unit that systemd holds and that is not simply inactive: name => [active, sub].
sub units_now {
  my %state;
  for (`systemctl list-units --full --no-legend --plain --state=active,activating,reloading,failed,deactivating`) {
    my ($unit, undef, $active, $sub) = split;
    $state{$unit} = [ $active, $sub ];
  }
  return \%state;
}

my ($before, $after, $was) = (unit_files($old), unit_files($new), units_now());
my (@stop, @start, @restart, @reload, @keep);
for my $unit (sort keys %$was) {
  (my $file = $unit) =~ s/@[^.]*\./@./;
  $file = $unit if exists $before->{$unit};
  next unless exists $before->{$file} && $was->{$unit}[0] ne "failed";
  my ($a, $b) = ($before->{$file}, $after->{$file});
  if (!defined $b || $b eq "") {
    push @stop, $unit if flag($a, "X-StopOnRemoval", 1) && $a ne "";
  } elsif (essence($a) eq essence($b)) {
    my ($x, $y) = map { /^X-Reload-Triggers=(.*)/m ? $1 : "" } $a, $b;
    push @reload, $unit if $x ne $y;
  } elsif ($unit =~ /\.(target|slice|path|mount)$/) {
    next;
  } elsif (flag($b, "X-ReloadIfChanged", 0)) {
    push @reload, $unit;
  } elsif (!flag($b, "X-RestartIfChanged", 1) || flag($b, "RefuseManualStop", 0) || flag($b, "X-OnlyManualStart", 0)) {
    push @keep, $unit;
  } elsif (!flag($b, "X-StopIfChanged", 1)) {
    push @restart, $unit;
  } else {
    push @stop, $unit;
    push @start, $unit;
  }
}
# A target that is up pulls in what is newly wanted by it when it is started again.
my @targets = grep { $was->{$_} && $was->{$_}[0] eq "active" }
  map { m{([^/]+\.target)\.(?:wants|requires)$} ? $1 : () } glob("$new/etc/systemd/system/*.target.{wants,requires}");

sub list { return join ", ", @_ }
if ($dry) {
  say_err("would stop the following units: " . list(@stop)) if @stop;
  say_err("would NOT restart the following changed units: " . list(@keep)) if @keep;
  say_err("would activate the configuration...");
  say_err("would reload the following units: " . list(@reload)) if @reload;
  say_err("would restart the following units: " . list(@restart)) if @restart;
  say_err("would start the following units: " . list(@start)) if @start;
  exit 0;
}

# --- do it
my $status = 0;
if (@stop) {
  say_err("stopping the following units: " . list(@stop));
  systemctl("stop", "--", @stop);
}
say_err("NOT restarting the following changed units: " . list(@keep)) if @keep;
say_err("activating the configuration...");
if (system("$new/activate") != 0) {
  say_err("Failed to run activate script");
  $status = 2;
}
# What failed in the old system is its own affair.
systemctl("reset-failed");
systemctl("daemon-reload") or $status = 3;
if ((slurp("$old/etc/tmpfiles.d/00-nixos.conf") // "") ne (slurp("$new/etc/tmpfiles.d/00-nixos.conf") // "")) {
  say_err("setting up tmpfiles");
  system("systemd-tmpfiles", "--create", "--remove", "/etc/tmpfiles.d/00-nixos.conf") == 0 or $status = 4;
}
for ([ "reload", "reloading", @reload ], [ "restart", "restarting", @restart ], [ "start", "starting", @start ]) {
  my ($verb, $words, @units) = @$_;
  next unless @units;
  say_err("$words the following units: " . list(@units));
  systemctl($verb, "--", @units) or $status = 4;
}
systemctl("start", "--", @targets) or $status = 4 if @targets;

# --- and look at what came of it, once the last job is through
for (1 .. 250) {
  last unless `systemctl list-jobs --no-legend` =~ /\S/;
  select undef, undef, undef, 0.02;
}
my $now = units_now();
my @fresh = grep { !$was->{$_} && $now->{$_}[0] eq "active" && !/\.(scope|slice|mount|device)$/ && exists $after->{$_} } sort keys %$now;
if (@fresh || @start || @restart) {
  # A program that fails at once does so after systemd has called it started.
  select undef, undef, undef, 0.1;
  $now = units_now();
}
my @failed = grep { $now->{$_}[0] eq "failed" || $now->{$_}[1] eq "auto-restart" } sort keys %$now;
@fresh = grep { my $u = $_; !grep { $_ eq $u } @failed } @fresh;
say_err("the following new units were started: " . list(@fresh)) if @fresh;
if (@failed) {
  say_err("warning: the following units failed: " . list(@failed));
  open(STDOUT, ">&", \*STDERR);
  systemctl("status", "--no-pager", "--full", "--lines=20", "--", @failed);
  $status = 4;
}
exit $status;
