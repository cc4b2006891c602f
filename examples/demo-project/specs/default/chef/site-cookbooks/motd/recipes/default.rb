file '/etc/motd' do
  content "node #{node['cyclecloud']['node']['name']}\n"
end
