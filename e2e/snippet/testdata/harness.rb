# Reads messages and answers them, as harness.py says.
require_relative "verify"

$stdout.sync = true
$stdin.each_line(chomp: true) do |line|
  secret, id, timestamp, signatures, body = line.split("\t", -1).map { |f| f == "-" ? nil : f.unpack1("m0") }
  begin
    puts PatchboardWebhook.verify?(secret, id, timestamp, signatures, body)
  rescue ArgumentError
    puts false
  end
end
